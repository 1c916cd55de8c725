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
 * target and metric. Those of methods are left open, since any package can bring some.
 */
export function gridJsonSchema(): Schema {
  const schema = z.toJSONSchema(gridSchema, { io: 'input', unrepresentable: 'any' }) as Schema & {
    properties: Record<string, Schema>;
  };
  const modelParams = Object.values(models).map((model) => ({
    id: model.id,
    title: model.title,
    params: model.params,
  }));
  const task: Schema = {
    type: 'object',
    required: ['id'],
    additionalProperties: false,
    properties: {
      id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
      extends: { type: 'string', description: 'id of a task whose settings this one starts from' },
      kind: { enum: ['classifier', 'generator', 'foreign'], description: 'foreign: only a published truth is known' },
      data: choiceOf(Object.values(datasets)),
      model: ownOr(choiceOf(modelParams)),
      target: choiceOf(Object.values(targets)),
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
          anyOf: Object.values(metrics).flatMap(({ id, title, params }) => [
            { const: id, description: title },
            {
              type: 'object',
              required: ['use'],
              additionalProperties: false,
              properties: {
                use: { const: id, description: title },
                params: { type: 'object', properties: propertiesOf(params), additionalProperties: false },
                tasks: { type: 'array', items: { type: 'string' }, minItems: 1 },
              },
            },
          ]),
        },
      },
    },
  };
}

function itemsOf(schema: Schema): unknown {
  return schema.items;
}

/**
 * A name, or a mapping with `use` and parameters. `use` may be missing in a task that extends another, so the parameters
 * are those of the named thing where it is named and of any where it is not.
 */
function choiceOf(known: readonly { readonly id: string; readonly title: string; readonly params: ParamSpecs }[]): {
  readonly anyOf: readonly Schema[];
} {
  const named = known.map(({ id, title, params }) => ({
    type: 'object',
    required: ['use'],
    additionalProperties: false,
    properties: { use: { const: id, description: title }, ...propertiesOf(params) },
  }));
  const any = Object.assign({}, ...known.map(({ params }) => propertiesOf(params)));
  return {
    anyOf: [
      { enum: known.map(({ id }) => id) },
      ...named,
      { type: 'object', properties: any, additionalProperties: false },
    ],
  };
}

/** What is known, or a module of the user's own, whose parameters are not known here. */
function ownOr({ anyOf }: { readonly anyOf: readonly Schema[] }): Schema {
  const path: Schema = {
    type: 'string',
    pattern: '^(\\.|/|[A-Za-z]:[\\\\/])',
    description: 'path of a module of your own, from this file: it starts with . or is absolute',
  };
  return {
    anyOf: [...anyOf, path, { type: 'object', required: ['use'], properties: { use: path } }],
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
  }
}
