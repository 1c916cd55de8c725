import type { Backend } from '../backend/backend.js';

/** What was found torn, altered or under a name that is not its own, and where it is kept now. */
export interface SetAside {
  readonly reason: string;
  readonly movedTo: string;
}

/** Sets aside what has a name and cannot be used; says in words what became of it. */
export type MoveAside = (name: string, reason: string) => Promise<string>;

/**
 * @param onSetAside hears of everything that is set aside
 * @param moves false leaves everything where it is
 */
export function asideMover(backend: Backend, onSetAside: (found: SetAside) => void, moves: boolean): MoveAside {
  return async (name, reason) => {
    if (!moves) return 'it stays where it is';
    try {
      const movedTo = await backend.moveAside(name);
      if (movedTo === undefined) return 'it is gone now';
      onSetAside({ reason, movedTo: backend.place(movedTo) });
      return `it was set aside as ${backend.place(movedTo)}`;
    } catch (error) {
      return `it could not be set aside (${error instanceof Error ? error.message : String(error)})`;
    }
  };
}
