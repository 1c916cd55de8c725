import { isOwnPart, knownParts } from '../parts.js';
import type { Choice } from '../spec.js';

/** Whether the points of a task have groups: those of some datasets always do, others where a parameter `groups` is given. */
export function hasGroups(data: Choice): boolean {
  return (!isOwnPart(data) && knownParts.dataset[data.use].grouped === true) || Boolean(data.groups);
}
