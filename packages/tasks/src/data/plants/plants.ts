import { choices, type Json } from '@attribution-bench/contract';
import type { TaskData } from '../task-data.js';
import { mergeClasses } from './merge-classes.js';
import { mixed } from './mixed.js';
import type { Ground } from './plant.js';
import { plantParams } from './plant-params.js';
import { shortcut } from './shortcut.js';

type Params = Readonly<Record<string, Json | undefined>>;

const plants = choices('plant', { mergeClasses, shortcut, mixed });

/** Which of {@link plantParams} are given. */
export function plantsIn(params: Params): (keyof typeof plantParams)[] {
  return (Object.keys(plantParams) as (keyof typeof plantParams)[]).filter((name) => params[name] !== undefined);
}

/** Data with what its parameters ask to plant in it, at most one thing. */
export async function planted(data: TaskData, params: Params, ground: Ground): Promise<TaskData> {
  const [name] = plantsIn(params);
  if (name === undefined) return data;
  const plant = plants[name] as (data: TaskData, value: unknown, ground: Ground) => TaskData | Promise<TaskData>;
  return plant(data, params[name], ground);
}
