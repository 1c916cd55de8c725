import type { RowCost } from '../board.js';
import { formatBytes, formatSeconds } from './format.js';

/** What a row cost, as text; what is not known is absent. */
export interface CostTexts {
  /** What training the models took; in brackets what of it other methods use too. */
  readonly train?: string;
  readonly fit?: string;
  readonly score?: string;
  readonly fitAndScore?: string;
  readonly memory?: string;
  readonly models?: string;
}

/** @param mark follows what is declared and not measured */
export function costTexts(cost: RowCost | undefined, mark: string): CostTexts {
  if (cost === undefined) return {};
  const { declared, fitSeconds, scoreSeconds, peakRssBytes, retrainings, trainSeconds } = cost;
  const shown = (text: string) => (declared ? `${text}${mark}` : text);
  return {
    ...(trainSeconds !== undefined && { train: trainText(trainSeconds, cost.sharedTrainSeconds) }),
    ...(fitSeconds !== undefined && { fit: shown(formatSeconds(fitSeconds)) }),
    ...(scoreSeconds !== undefined && {
      score: shown(formatSeconds(scoreSeconds)),
      fitAndScore: shown(formatSeconds((fitSeconds ?? 0) + scoreSeconds)),
    }),
    ...(peakRssBytes !== undefined && { memory: shown(formatBytes(peakRssBytes)) }),
    ...(retrainings !== undefined && { models: shown(String(retrainings)) }),
  };
}

/** `3.2 s`, or `3.2 s (1.1 s shared)`. */
function trainText(seconds: number, shared: number | undefined): string {
  return `${formatSeconds(seconds)}${shared === undefined ? '' : ` (${formatSeconds(shared)} shared)`}`;
}
