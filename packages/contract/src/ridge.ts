import { choice, num } from './params.js';

/** The parameters by which a method lets its user choose the ridge λ of a kernel ΦᵀΦ of training features. */
export const ridgeParams = {
  ridge: num({
    default: 1,
    min: 0,
    search: { from: 0.01, to: 100, scale: 'log' },
    help: 'λ, in units of the mean eigenvalue of the kernel, see ridgeUnit',
  }),
  ridgeUnit: choice(['mean-eigenvalue', 'absolute'], {
    default: 'mean-eigenvalue',
    help: 'mean-eigenvalue: trace(ΦᵀΦ) / min(points, columns); absolute: ridge is λ itself, as published settings give it',
  }),
};
