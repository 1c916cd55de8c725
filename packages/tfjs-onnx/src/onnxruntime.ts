import './telemetry-off.js';

/** The only place that loads ONNX Runtime, so that nothing does it with its telemetry on. */
export { InferenceSession, Tensor } from 'onnxruntime-node';
