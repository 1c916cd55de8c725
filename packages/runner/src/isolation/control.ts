/**
 * The socket between the bench and the watchdog of a process with user code, beside the channel of the main thread: lines
 * with resident bytes come, lines with numbers of questions that are to stop go.
 */
export const controlDescriptor = 3;

/** Between two reports of memory. */
export const reportMs = 100;
