/** The part of cli-progress 3.12 that the bar uses; the package brings no types. */
declare module 'cli-progress' {
  export interface Options {
    format?: string;
    stream?: NodeJS.WritableStream;
    barsize?: number;
    hideCursor?: boolean;
    clearOnComplete?: boolean;
    forceRedraw?: boolean;
    fps?: number;
  }
  export interface Bar {
    setTotal(total: number): void;
    update(value: number, payload: Readonly<Record<string, string>>): void;
  }
  export class MultiBar {
    constructor(options: Options, preset: object);
    create(total: number, start: number, payload: Readonly<Record<string, string>>): Bar;
    /** Writes lines that end in a newline above the bars, at the next redraw. */
    log(text: string): void;
    /** Redraws now. */
    update(): void;
    stop(): void;
  }
  export const Presets: { readonly shades_classic: object };
}
