export { baseContext } from './base-context.js';
export { defaultCacheFolder } from './cache-folder.js';
export {
  type AuthoredKind,
  importAuthored,
  locateModule,
  type ModulePlace,
} from './code/authored-module.js';
export { readCode, readPackage } from './code/code-hash.js';
export { type Code, type CodeReader, codeReader } from './code/code-walk.js';
export { findPackage, packagesOf, searchFolders } from './code/installed-package.js';
export { isModulePath } from './code/module-path.js';
export { dataCode, generationCode, taskCode } from './code/task-code.js';
export { type ArrayFile, arrayFiles } from './data/array-files.js';
export { usualMissingText } from './data/csv/csv.js';
export { sketchTable, type TableSketch } from './data/csv/sketch.js';
export {
  type Dataset,
  type DatasetSpec,
  defineDataset,
  type Partition,
  type PointSource,
  type PutRows,
  pointParams,
  type ReadRows,
} from './data/dataset.js';
export { datasets } from './data/datasets.js';
export { hasGroups } from './data/has-groups.js';
export { type MarkName, markNames } from './data/marks.js';
export { normalisationOf } from './data/normalisation.js';
export { parseNpy } from './data/npy.js';
export { parseNpyTexts } from './data/npy-texts.js';
export { areShared, isShared, pointArray } from './data/point-array.js';
export { dataFingerprint, prepareData } from './data/prepare-data.js';
export type { PublishedData, PublishedFile } from './data/published.js';
export { publishedData } from './data/published-data.js';
export { noGroup, rowsByGroup } from './data/rows-by-group.js';
export type { DataEnvironment, TaskData } from './data/task-data.js';
export { type PortableDiffusion, type PortableTask, portableTask } from './export/portable-task.js';
export type { RunRecord } from './export/run-record.js';
export { checkExtractor, readExtractor } from './features/extractor-file.js';
export { onnxFeatures } from './features/onnx-features.js';
export { diffusionParams } from './generator/diffusion.js';
export {
  type GeneratedQueries,
  type GenerateRequest,
  generatedIds,
  generateQueries,
  withGenerated,
} from './generator/generate-queries.js';
export type { NoiseSource } from './generator/noise-source.js';
export { dataKey, generatedKey, taskKey, withoutPlaces } from './keys.js';
export { defineModel, type Model, type ModelShape, type ModelSpec } from './models/model.js';
export { models } from './models/models.js';
export type {
  BatchNormOptions,
  Conv2dOptions,
  DenseOptions,
  DepthwiseConv2dOptions,
  EmbeddingOptions,
  Forward,
  Network,
  Nn,
} from './nn/architecture/layer.js';
export { activations } from './nn/functions/activations.js';
export { pixelParams, standardisedPixels } from './nn/functions/images.js';
export { pixelAttention, selfAttention } from './nn/functions/self-attention.js';
export { doubled } from './nn/functions/upsample.js';
export { declareNetwork } from './nn/interpreters/declare.js';
export { openTask } from './open-task.js';
export { declareOwnPart, type OwnDeclaration, type PartKind } from './own-parts.js';
export { datasetName, isOwnPart, knownParts, paramsOf, partOf } from './parts.js';
export { querySets } from './queries.js';
export { regressionParams } from './regressor/regression-params.js';
export { type DeclarePart, type ResolvedTask, resolveTask } from './resolve-task.js';
export type { Choice, QuerySpec, TaskSpec } from './spec.js';
export { drawSubset, type SubsetKind, type SubsetScope, seriesOf } from './subsets/draw-subset.js';
export { type SubsetModel, trainOnSubsets } from './subsets/train-on-subsets.js';
export { defineTarget, type Target, type TargetFunction, type TargetSpec } from './targets/target.js';
export { targets } from './targets/targets.js';
export type {
  ContextRequest,
  LoadedCheckpoint,
  Snapshot,
  Task,
  TrainedRun,
  TrainRequest,
} from './task.js';
export { augmentationParams } from './training/augmentation.js';
export type { Recipe } from './training/recipe.js';
export { snapshotEpochs } from './training/snapshot-epochs.js';
