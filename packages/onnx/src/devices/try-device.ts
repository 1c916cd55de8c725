import '../telemetry-off.js';
import { readFileSync } from 'node:fs';
import { InferenceSession } from 'onnxruntime-node';
import { buildGraph, openGraph } from '../program.js';
import { runtimeOptions } from '../session.js';
import type { Device } from './device.js';
import { answerPrefix } from './inspect-device.js';

/**
 * What a child process runs to try a device: it opens the model on its standard input, where it is told that there is one, and
 * computes a product otherwise.
 */
const device = process.argv[2] as Device;
const information = 1;
try {
  if (process.argv[3] === 'model') {
    const options = { ...runtimeOptions({ device }), logSeverityLevel: information } as const;
    await InferenceSession.create(readFileSync(process.stdin.fd), options);
  } else {
    const graph = buildGraph({
      inputs: [{ name: 'x', type: 'float32', shape: [2, 2] }],
      outputs: [{ name: 'y', type: 'float32', shape: [2, 2] }],
      nodes: [{ op: 'MatMul', inputs: ['x', 'x'], outputs: ['y'] }],
    });
    const program = await openGraph(graph, { device });
    const { y } = await program.run({ x: Float32Array.of(1, 2, 3, 4) });
    await program.release();
    if (String(y) !== '7,10,15,22') throw new Error(`the square of (1, 2; 3, 4) came out as ${y}`);
  }
} catch (error) {
  const { message, cause } = error as Error;
  const said = cause instanceof Error ? cause.message : message;
  console.error(`${answerPrefix}${said.replace(/\s+/g, ' ')}`);
  process.exitCode = 1;
}
