import { BenchError } from '@attribution-bench/contract';
import { type Device, deviceMissing, shortened } from './device.js';
import { refusedOperators } from './inspect-device.js';

/** What ONNX Runtime says where a part of a graph would go to the processor. */
const wouldFallBack = /fallback to CPU EP has been explicitly disabled/;

/** Why a graph cannot be opened on a device: there is none, or it cannot run the graph. */
export async function deviceFailure(device: Device, onnx: Uint8Array, cause: unknown): Promise<BenchError> {
  const said = cause instanceof Error ? cause.message : String(cause);
  if (!wouldFallBack.test(said)) return deviceMissing(device, shortened(said), cause);
  const operators = await refusedOperators(device, onnx);
  const lacking = operators.length === 0 ? 'a part of this computation' : `${operators.join(', ')} as used here`;
  return new BenchError({
    code: 'DEVICE_REFUSED',
    place: `--device ${device}`,
    message: `ONNX Runtime has no ${device} kernel for ${lacking}, and nothing is moved to the processor unasked`,
    next: 'leave out --device; docs/devices.md says what runs where',
    cause,
  });
}
