/**
 * What a store needs of the medium that keeps it. A medium holds objects, bytes under a name; it knows nothing of artifacts,
 * checksums, claims or notes, which all stand above it. An object is written whole or not at all, so that its name never
 * stands for half of it, and nothing above holds an object open.
 *
 * A name is folders and a file, joined by `/`; folders have no dot in their names. Every implementation passes the tests of
 * `test/support/describe-backend.ts`.
 *
 * | | file system | S3 |
 * | --- | --- | --- |
 * | `requireWritable` | write a file that goes again | LIST, PUT with conditions |
 * | `put` | write beside, sync, rename | PUT; of what is large, parts that are put together |
 * | `putIfAbsent` | exclusive creation, or a link | PUT with `If-None-Match: *` |
 * | `putIfUnchanged` | compare, write beside, rename | PUT with `If-Match` |
 * | `find` | stat | HEAD |
 * | `read` | open, compare, read, close | GET with `Range` and `If-Match` |
 * | `list` | walk | LIST |
 * | version | inode, time and size | ETag |
 * | `now` | time of a file just written | `Date` of a response |
 * | `moveAside` | rename | copy and DELETE |
 */
export interface Backend {
  /** What {@link openBackend} opens the same medium by in another thread or process: a path or a URL. */
  readonly location: string;
  /** Path or URL of an object, stored or not, for messages. */
  place(name: string): string;
  /**
   * Tries what results of hours rest on: that objects can be written and, on media that can hold them to conditions, that it does.
   * @throws BenchError STORE_FULL, STORE_UNWRITABLE or STORE_WRITE, and what is special to the medium
   */
  requireWritable(): Promise<void>;

  /**
   * Stores an object, the parts one after the other, in place of what has its name.
   * @throws BenchError STORE_FULL, STORE_UNWRITABLE or STORE_WRITE; what was stored before stays
   */
  put(name: string, parts: readonly Uint8Array[], options?: PutOptions): Promise<void>;
  /**
   * Stores a small object unless there is one of its name: of many that try, one succeeds. On media that create before they
   * write, a reader may find it empty for a moment, and for good when its writer dies in that moment.
   * @returns its version; undefined when there is one already. Throws the medium's error
   */
  putIfAbsent(name: string, content: Uint8Array): Promise<string | undefined>;
  /**
   * Replaces a small object that still has this version. Where the medium cannot compare and write at once, whoever writes
   * between the two is overwritten.
   * @returns its new version; undefined when it is gone or has another version. Throws the medium's error
   */
  putIfUnchanged(name: string, content: Uint8Array, version: string): Promise<string | undefined>;

  /** What is known of an object without its bytes; undefined where there is none. @throws BenchError STORE_READ */
  find(name: string): Promise<Found | undefined>;
  /**
   * Fills `into` with an object's bytes from `from` on, as far as they go; undefined where there is no object.
   * @throws Changed when the object does not have the given version, Malformed when something else has its name, otherwise
   * the medium's error
   */
  read(name: string, into: Uint8Array, from: number, version?: string): Promise<Found | undefined>;
  /** What is in a folder (`''`: everywhere) and in its folders, in the order of names. @throws BenchError STORE_READ */
  list(folder: string): AsyncIterable<Listed>;

  /** Time in ms since 1970 by the clock that `modifiedAt` is of; by this machine's where nothing can be written. */
  now(): Promise<number>;

  /**
   * Removes an object, whatever has its name; with a version, only that one.
   * @returns false where the object is gone or has another version than the given one
   * @throws BenchError as `put`
   */
  remove(name: string, version?: string): Promise<boolean>;
  /**
   * Starts to remove objects before it returns, for a process that is about to be killed; a medium that can has removed them
   * by then. Failures are not reported.
   */
  removeAtOnce(names: Iterable<string>): void;
  /**
   * Gives whatever has a name (`<name>`) the first free of the names `<name>.corrupt-1`, `<name>.corrupt-2`, ...
   * @returns that; undefined when it is gone. Throws the medium's error
   */
  moveAside(name: string): Promise<string | undefined>;
  /** What keeps an object from having a name: a folder there, a file in place of a folder. Only file systems have any. */
  obstacle(name: string): Promise<Obstacle | undefined>;

  /** Takes an object of another medium under the same name without its bytes passing through here; false where it cannot. */
  adopt(source: Backend, name: string): Promise<boolean>;
  /** What interrupted writes left behind, if they may not still go on. @throws BenchError STORE_READ */
  leftovers(): AsyncIterable<Leftover>;
}

export interface PutOptions {
  /** Whether the object is to outlive a power cut, and not only this process; default yes. No, where only a note is lost with it. */
  readonly lasting?: boolean;
}

/** An object as it was found. */
export interface Found {
  readonly bytes: number;
  /** Another one after every write. */
  readonly version: string;
  /** ms since 1970 by the medium's clock, see {@link Backend.now}. */
  readonly modifiedAt: number;
}

export interface Listed {
  readonly name: string;
  /** False for what can have a name and no bytes, such as a named pipe. */
  readonly isObject: boolean;
  /** As {@link Backend.find}; free where listing tells already. */
  find(): Promise<Found | undefined>;
}

/** What an interrupted write left behind, which has no name of its own. */
export interface Leftover {
  /** Path or URL, for messages. */
  readonly place: string;
  readonly bytes: number;
  /** @throws BenchError as {@link Backend.put} */
  remove(): Promise<void>;
}

export interface Obstacle extends Omit<Found, 'bytes'> {
  readonly name: string;
  /** What is wrong with it, e.g. `is not a folder`. */
  readonly reason: string;
}

/** An object was replaced while it was read. */
export class Changed extends Error {
  override readonly name = 'Changed';
}
