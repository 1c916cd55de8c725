import type { Profile } from './profile.js';

/** Time limits are so many times what is predicted for a pack, and at least so many minutes. */
const margin = 3;
const leastMinutes = 15;

/** The longest time limit that a task can be given, in minutes. */
export function mostMinutes({ time = Number.POSITIVE_INFINITY }: Pick<Profile, 'time'>): number {
  return Math.max(1, Math.floor(time / 60_000));
}

/**
 * The time limit of a task.
 * @param seconds that its pack is predicted to take
 * @param factor times what it would be given otherwise, after it was too little
 */
export function minutesFor(seconds: number, factor: number, profile: Pick<Profile, 'time'>): number {
  const minutes = factor * Math.max(leastMinutes, Math.ceil((margin * seconds) / 60));
  return Math.min(minutes, mostMinutes(profile));
}

/** Share of its time that a task leaves for its last steps to come to a stopping point, and at most how long that is. */
const noticeShare = 1 / 4;
const mostNoticeMs = 180_000;
/** Slurm sends a signal up to so much earlier than it is asked to. */
const signalsEarlyMs = 60_000;

/** How long before its time limit a task stops by itself, in ms. */
export function noticeMs(limitMs: number): number {
  return Math.min(mostNoticeMs, limitMs * noticeShare);
}

/**
 * How long before its time limit a task is told to end, in seconds: after it should have stopped by itself, since one that is
 * told to cannot know that its time is over. Undefined where the limit is too short for that.
 */
export function signalSeconds(limitMs: number): number | undefined {
  const seconds = Math.floor((noticeMs(limitMs) - signalsEarlyMs) / 1000);
  return seconds > 0 ? seconds : undefined;
}
