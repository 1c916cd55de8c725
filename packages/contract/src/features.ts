import { choice, file, int, list, num, object, text } from './params.js';

/** [batch, channels, height, width] or [batch, height, width, channels]. */
export type ImageLayout = 'channels-first' | 'channels-last';

/** A feature extractor in an ONNX file: one image (or flat vector) in, one vector out. */
export interface FeatureExtractor {
  /** A path or an https URL. */
  readonly file: string;
  /**
   * SHA-256, 64 hexadecimal digits, of the file and, where its weights lie in files of their own, of those after it, in the
   * order of their names: part of a result's identity.
   */
  readonly sha256: string;
  /** Height and width that images are resized to; 0: what the model declares, or else as they come. */
  readonly size: number;
  /** Where images have their channels in what the model takes; `auto`: where its shape has 1 or 3, if at one place only. */
  readonly layout: ImageLayout | 'auto';
  /** Subtracted from pixels in 0..1, then divided by `std`; one number for all channels or one per channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Name of the model's output; empty: its first. */
  readonly output: string;
  /**
   * What becomes of an output of more than two dimensions: `flatten` keeps all of it, `first` takes the first token of
   * [batch, tokens, dims] (the class token of a vision transformer), `mean` averages over tokens of that shape, or over
   * the positions of four dimensions.
   */
  readonly pool: 'flatten' | 'first' | 'mean';
  /**
   * Where an output of four dimensions has its channels, for `mean`; `auto`: where the other two are in the ratio of height
   * and width of the input, if they are so in one layout only.
   */
  readonly outputLayout: ImageLayout | 'auto';
}

/** The fields by which somebody names a {@link FeatureExtractor} in a grid. */
export const extractorFields = {
  file: file({
    default: '',
    checksum: 'sha256',
    help: 'ONNX file: a path or an https URL; weights in files of their own lie beside it',
  }),
  sha256: text({
    default: '',
    help: 'SHA-256 of the file, followed by the files that its weights lie in, in the order of their names',
  }),
  size: int({
    default: 0,
    min: 0,
    help: 'height and width images are resized to; 0: what the model declares',
  }),
  layout: choice(['auto', 'channels-first', 'channels-last'], {
    default: 'auto',
    help: 'where images have their channels in what the model takes; auto: as its shape says',
  }),
  mean: list(num({ help: 'one channel' }), {
    default: [0],
    help: 'subtracted from pixels in 0..1: one number, or one per channel',
  }),
  std: list(num({ help: 'one channel' }), {
    default: [1],
    help: 'what pixels are divided by after that: one number, or one per channel',
  }),
  output: text({ default: '', help: "name of the model's output; empty: its first" }),
  pool: choice(['flatten', 'first', 'mean'], {
    default: 'flatten',
    help: 'outputs of more than two dimensions: all of it, the first token, or the mean over tokens or positions',
  }),
  outputLayout: choice(['auto', 'channels-first', 'channels-last'], {
    default: 'auto',
    help: 'where outputs of four dimensions have their channels, for the mean over positions; auto: as their shape says',
  }),
};

/** The parameter by which a method or metric lets its user name a {@link FeatureExtractor}; methods call it `extractor`. */
export const extractorParam = object(extractorFields, {
  help: 'feature extractor in an ONNX file, for the space onnx',
});
