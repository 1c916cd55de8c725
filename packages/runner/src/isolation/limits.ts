/** How long user code may take to load, or to answer a question about itself. */
export const answerMs = 60_000;

/** How long a user's dataset may take to read its points, which a plan waits for. */
export const dataMs = 600_000;

/** How long user code has to stop once it was told to, before its process is ended. */
export const graceMs = 5_000;
