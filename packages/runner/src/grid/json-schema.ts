import type { ParamSpec, ParamSpecs } from '@attribution-bench/contract';
import { metrics } from '@attribution-bench/metrics';
import { datasets, models, querySets, targets } from '@attribution-bench/tasks';
import { z } from 'zod';
import { gridSchema, truthSchema } from './schema.js';

type Schema = Record<string, unknown>;

/** The truth of a task `kind: foreign`. */
const foreignTruth: Schema = {
  type: 'object',
  required: ['foreign'],
  additionalProperties: false,
  properties: {
    foreign: {
      type: 'string',
      minLength: 1,
      description: 'a folder from this file, or the key that bench truth import --foreign printed',
    },
  },
};

/**
 * The JSON schema (2020-12) of grid files, for editors: the outer shape, and the parameters of every dataset, model,
 * target and metric of this project. Those of methods, and of modules and packages of the user's own, are left open.
 */
export function gridJsonSchema(): Schema {
  const schema = z.toJSONSchema(gridSchema, { io: 'input', unrepresentable: 'any' }) as Schema & {
    properties: Record<string, Schema>;
  };
  const task: Schema = {
    type: 'object',
    required: ['id'],
    additionalProperties: false,
    properties: {
      id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
      extends: { type: 'string', description: 'id of a task whose settings this one starts from' },
      kind: {
        enum: ['classifier', 'regressor', 'generator', 'foreign'],
        description: 'foreign: only a published truth is known',
      },
      data: partOf('dataset', Object.values(datasets)),
      model: partOf('model', Object.values(models)),
      target: partOf('target', Object.values(targets)),
      queries: { type: 'object', properties: propertiesOf(querySets), additionalProperties: false },
      truth: { anyOf: [{ const: 'none' }, z.toJSONSchema(truthSchema.partial(), { io: 'input' }), foreignTruth] },
    },
  };
  return {
    ...schema,
    title: 'Attribution Bench grid',
    properties: {
      ...schema.properties,
      tasks: { type: 'array', minItems: 1, items: task },
      methods: {
        ...schema.properties.methods,
        items: { anyOf: [{ type: 'string' }, itemsOf(schema.properties.methods)] },
      },
      metrics: {
        type: 'array',
        minItems: 1,
        items: {
          anyOf: [
            ...Object.values(metrics).flatMap(({ id, title, description, params }) => {
              const use = { const: id, description: description ?? title };
              return [use, metricEntry(use, objectOf(params))];
            }),
            own('metric', Object.keys(metrics)),
            metricEntry(own('metric', Object.keys(metrics)), { type: 'object' }),
          ],
        },
      },
    },
  };
}

function itemsOf(schema: Schema): unknown {
  return schema.items;
}

function metricEntry(use: Schema, params: Schema): Schema {
  return {
    type: 'object',
    required: ['use'],
    additionalProperties: false,
    properties: { use, params, tasks: { type: 'array', items: { type: 'string' }, minItems: 1 } },
  };
}

interface Known {
  readonly id: string;
  readonly title: string;
  readonly params: ParamSpecs;
}

/**
 * A name, or a mapping with `use` and parameters. `use` may be missing in a task that extends another, so the parameters
 * are those of the named thing where it is named and of any where it is not. A module or package of the user's own has
 * parameters that nobody else knows.
 */
function partOf(kind: string, known: readonly Known[]): Schema {
  const ids = known.map(({ id }) => id);
  const named = known.map(({ id, title, params }) => ({
    type: 'object',
    required: ['use'],
    additionalProperties: false,
    properties: { use: { const: id, description: title }, ...propertiesOf(params) },
  }));
  const any = Object.assign({}, ...known.map(({ params }) => propertiesOf(params)));
  return {
    anyOf: [
      { enum: ids },
      ...named,
      { type: 'object', properties: any, additionalProperties: false },
      own(kind, ids),
      { type: 'object', required: ['use'], properties: { use: own(kind, ids) } },
    ],
  };
}

/** What names a module or an installed package of the user's own. */
function own(kind: string, known: readonly string[]): Schema {
  return {
    type: 'string',
    not: { enum: known },
    pattern: '^(\\.|/|[A-Za-z]:[\\\\/]|(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*$)',
    description: `a ${kind} of your own: the path of its module from this file, which starts with . or is absolute, or the name of an installed package`,
  };
}

function objectOf(params: ParamSpecs): Schema {
  const required = Object.keys(params).filter(
    (name) => params[name].default === undefined && params[name].optional !== true,
  );
  return {
    type: 'object',
    properties: propertiesOf(params),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function propertiesOf(params: ParamSpecs): Schema {
  return Object.fromEntries(Object.entries(params).map(([name, spec]) => [name, schemaOf(spec)]));
}

function schemaOf(spec: ParamSpec): Schema {
  const bounds = {
    ...(spec.min !== undefined && { minimum: spec.min }),
    ...(spec.max !== undefined && { maximum: spec.max }),
  };
  const about = { description: spec.help, ...(spec.default !== undefined && { default: spec.default }) };
  switch (spec.type) {
    case 'int':
      return { type: 'integer', ...bounds, ...about };
    case 'num':
      return { type: 'number', ...bounds, ...about };
    case 'bool':
      return { type: 'boolean', ...about };
    case 'text':
      return { type: 'string', ...about };
    case 'choice':
      return { enum: spec.choices, ...about };
    case 'list':
      return { type: 'array', ...(spec.items !== undefined && { items: schemaOf(spec.items) }), ...about };
    case 'object':
      return { ...objectOf(spec.fields ?? {}), ...about };
  }
}
