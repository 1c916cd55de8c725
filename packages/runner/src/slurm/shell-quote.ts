/** A word of a shell script that stands for exactly this text. @throws TypeError for text that no argument can hold */
export function shellQuote(text: string): string {
  if (text.includes('\0')) throw new TypeError('an argument of a program cannot hold a NUL character');
  return `'${text.replaceAll("'", "'\\''")}'`;
}
