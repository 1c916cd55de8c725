import { carriedName, emittedName, type Graph, type TensorSpecs } from '@attribution-bench/onnx';
import { checkScan, checkStep, type ScanBody, type ScanSpec, type StepResult, type Tensors } from '../functions.js';
import { tf } from '../tensorflow.js';
import { compile, type Processor } from './compile.js';

/**
 * Compiles a fixed number of steps of a loop to a graph without a loop: carried and shared inputs by name, `each` as
 * [count, ...slice]; outputs under {@link carriedName}, and under {@link emittedName} [count, ...shape]. Throws a BenchError
 * like {@link compileScan}.
 */
export function compileSteps(body: ScanBody, spec: ScanSpec, count: number, processor: Processor): Graph {
  checkScan(spec);
  const { carry, each, shared } = spec;
  const stacks = Object.fromEntries(
    Object.entries(each).map(([name, { shape, dtype }]) => [name, { shape: [count, ...shape], dtype }]),
  );
  const steps = (inputs: Tensors): Tensors => {
    let carried = pick(inputs, carry);
    const emitted: NonNullable<StepResult['emit']>[] = [];
    for (let step = 0; step < count; step++) {
      const slices = Object.fromEntries(
        Object.entries(each).map(([name, { shape }]) => [
          name,
          tf.reshape(tf.slice(inputs[name], [step], [1]), [...shape]),
        ]),
      );
      const result = body({ carry: carried, each: slices, shared: pick(inputs, shared) });
      checkStep(spec, result);
      carried = result.carry;
      emitted.push(result.emit ?? {});
    }
    return {
      ...Object.fromEntries(Object.keys(carry).map((name) => [carriedName(name), carried[name]])),
      ...Object.fromEntries(
        Object.keys(emitted[0]).map((name) => [emittedName(name), tf.stack(emitted.map((one) => one[name]))]),
      ),
    };
  };
  return compile(steps, { ...carry, ...stacks, ...shared }, processor);
}

function pick(tensors: Tensors, specs: TensorSpecs): Tensors {
  return Object.fromEntries(Object.keys(specs).map((name) => [name, tensors[name]]));
}
