import { create, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';

/** Element types inside a graph; its inputs and outputs keep to the contract's `DType`. */
export type OnnxType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint8' | 'bool';

/** A named size, e.g. `steps`, or -1 for one without a name, is only known when the graph is fed. */
export type OnnxShape = readonly (number | string)[];

export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: OnnxShape;
}

/** A tensor stored in the model. `data` in row-major order: Uint8Array for bool, BigInt64Array for int64. */
export interface OnnxConstant {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
}

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly graph: OnnxGraph };

/** One operator. An empty input name leaves an optional input out. `domain` defaults to the standard operator set. */
export interface OnnxNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** A graph: nodes in an order in which every input is made before it is used. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly constants?: readonly OnnxConstant[];
}

/** Operators of ONNX Runtime beyond the standard (FusedMatMul and the like). */
export const microsoftDomain = 'com.microsoft';
/** Operators of ONNX Runtime on images whose channels lie in blocks. */
export const blockedDomain = 'com.microsoft.nchwc';

const standardOpset = 21n;
const irVersion = 10n;

const dataTypes: Readonly<Record<OnnxType, DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  int32: DataType.INT32,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
};

/** The number by which ONNX names an element type (attribute `to` of Cast). */
export function onnxTypeCode(type: OnnxType): number {
  return dataTypes[type];
}

/** The bytes of an ONNX model file. Same graph, same bytes. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      producerName: 'attribution-bench',
      opsetImport: [
        create(OperatorSetIdProtoSchema, { domain: '', version: standardOpset }),
        create(OperatorSetIdProtoSchema, { domain: microsoftDomain, version: 1n }),
        ...(usesDomain(graph, blockedDomain)
          ? [create(OperatorSetIdProtoSchema, { domain: blockedDomain, version: 1n })]
          : []),
      ],
      graph: graphProto(graph, 'main'),
    }),
  );
}

function usesDomain(graph: OnnxGraph, domain: string): boolean {
  return graph.nodes.some(
    (node) =>
      node.domain === domain ||
      Object.values(node.attributes ?? {}).some((value) => 'graph' in value && usesDomain(value.graph, domain)),
  );
}

function graphProto(graph: OnnxGraph, name: string): GraphProto {
  return create(GraphProtoSchema, {
    name,
    input: graph.inputs.map(valueInfoProto),
    output: graph.outputs.map(valueInfoProto),
    initializer: (graph.constants ?? []).map(tensorProto),
    node: graph.nodes.map((node) =>
      create(NodeProtoSchema, {
        opType: node.op,
        domain: node.domain ?? '',
        name: `${node.op}:${node.outputs[0]}`,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes ?? {}).map(([key, value]) => attributeProto(key, value)),
      }),
    ),
  });
}

function valueInfoProto(value: OnnxValue): ValueInfoProto {
  const dim = value.shape.map((size) =>
    create(
      TensorShapeProto_DimensionSchema,
      typeof size === 'string'
        ? { value: { case: 'dimParam', value: size } }
        : size < 0
          ? {}
          : { value: { case: 'dimValue', value: BigInt(size) } },
    ),
  );
  return create(ValueInfoProtoSchema, {
    name: value.name,
    type: create(TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: create(TypeProto_TensorSchema, {
          elemType: dataTypes[value.type],
          shape: create(TensorShapeProtoSchema, { dim }),
        }),
      },
    }),
  });
}

function tensorProto(constant: OnnxConstant): TensorProto {
  const { buffer, byteOffset, byteLength } = constant.data;
  return create(TensorProtoSchema, {
    name: constant.name,
    dataType: dataTypes[constant.type],
    dims: constant.shape.map(BigInt),
    rawData: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  });
}

function attributeProto(name: string, value: OnnxAttribute): AttributeProto {
  if ('int' in value) return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value.int) });
  if ('ints' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.ints.map(BigInt) });
  if ('float' in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  if ('floats' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...value.floats] });
  if ('string' in value)
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value.string) as Uint8Array<ArrayBuffer>,
    });
  return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: graphProto(value.graph, name) });
}
