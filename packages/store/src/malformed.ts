/** Why what was found is not a file of ours. Callers turn it into an error that names the file. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
