/** Name of a dropout's mask among what a training step is fed: 1 where a number is kept, 0 where it is dropped. */
export const maskName = (dropout: string): string => `${dropout}:kept`;
