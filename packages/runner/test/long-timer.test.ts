import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { after } from '../src/schedule/long-timer.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const hours = 3_600_000;

test.each([1, 600, 596.6, 5000])('waits %d hours and no less', (length) => {
  let fired = 0;
  after(length * hours, () => fired++);
  vi.advanceTimersByTime(length * hours - 1);
  expect(fired).toBe(0);
  vi.advanceTimersByTime(1);
  expect(fired).toBe(1);
  vi.advanceTimersByTime(10_000 * hours);
  expect(fired).toBe(1);
});

test('can be called off in any of its parts', () => {
  let fired = 0;
  const cancel = after(2000 * hours, () => fired++);
  vi.advanceTimersByTime(1500 * hours);
  cancel();
  vi.advanceTimersByTime(5000 * hours);
  expect(fired).toBe(0);
});
