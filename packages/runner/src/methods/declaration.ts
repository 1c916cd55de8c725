import type { Method } from '@attribution-bench/contract';
import type { MethodDeclaration } from '../model/method-declaration.js';

/** The part of a method that can be sent from process to process. */
export function declarationOf(method: Method): MethodDeclaration {
  const { id, title, family, origin, cite, revision, scoreShape, tasks, needs, params } = method;
  const { reads = { fit: Object.keys(params) } } = method;
  const selfInfluence = method.selfInfluence !== undefined;
  return { id, title, family, origin, cite, revision, scoreShape, tasks, needs, params, selfInfluence, reads };
}
