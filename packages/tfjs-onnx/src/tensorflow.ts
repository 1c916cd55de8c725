import * as tf from '@tensorflow/tfjs';
import { installSecondOrderGradients } from './gradients/second-order-gradients.js';

/** TensorFlow.js with its cpu backend ready and its "looks like you are running in Node.js" notice silenced. */
const cpu = tf.findBackend('cpu') as tf.KernelBackend & { firstUse: boolean };
cpu.firstUse = false;
installSecondOrderGradients();

export { cpu as cpuBackend, tf };
