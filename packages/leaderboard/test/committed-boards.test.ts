import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Board, type BoardCosts, boardSchema, renderMarkdown, renderPage, renderTerminal } from '../src/index.js';
import { leadingSentence } from '../src/page/leading-sentence.js';
import { lettersOf } from '../src/statistics/tie-groups.js';
import { overallSentence, overallTitle } from '../src/view/overall-sentences.js';
import {
  choiceSentence,
  measuredSentence,
  modelSentence,
  statisticsSentence,
  undefinedSentence,
} from '../src/view/sentences.js';
import { type RowView, type TaskView, taskViews } from '../src/view/task-view.js';

const boards = join(import.meta.dirname, '../../../results/boards');
const read = (name: string, file: string) => JSON.parse(readFileSync(join(boards, name, file), 'utf8'));

const number = (text: string | undefined) => Number(text?.replaceAll(',', ''));
const shared = (a: RowView, b: RowView) =>
  lettersOf(a.row.groups ?? '').some((letter) => lettersOf(b.row.groups ?? '').includes(letter));
const plain = (markup: string) => markup.replace(/<[^>]+>/g, '').replaceAll('−', '-');

describe.each(['digits'])('what the stored board of %s says', (name) => {
  const board: Board = read(name, 'board.json');
  const costs: BoardCosts = read(name, 'board-costs.json');
  const views = taskViews(board, costs);
  const eachTask = (check: (view: TaskView, metric: string, sign: number) => void) => {
    for (const view of views) {
      if (view.metric === undefined) throw new Error(`nothing was measured on ${view.task.id}`);
      check(view, view.metric.id, view.metric.higherIsBetter ? 1 : -1);
    }
  };

  it('is in the layout of this version', () => {
    expect(board.schema).toBe(boardSchema);
  });

  it('of ties and ranks: letters are shared by exactly those that ranks do not count as better or worse', () => {
    eachTask(({ ranked }) => {
      ranked.forEach((view, i) => {
        const better = ranked.slice(0, i).filter((other) => !shared(view, other)).length;
        const worse = ranked.slice(i + 1).filter((other) => !shared(view, other)).length;
        expect(view.row.rank).toMatchObject({ low: 1 + better, high: ranked.length - worse });
      });
    });
    const sentence = statisticsSentence(board);
    expect(sentence).toContain('Two methods are statistically tied exactly if they share a tie letter');
    expect(sentence).toContain('ranks of two methods may overlap though the two are not tied');
  });

  it('of the order: best first, by the metric that the task is ranked by', () => {
    eachTask(({ ranked }, _, sign) => {
      const values = ranked.map(({ value }) => sign * (value?.value ?? Number.NaN));
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      ranked.forEach(({ row }, i) => {
        expect(row.rank?.point).toBe(1 + values.filter((value) => value > values[i]).length);
      });
    });
  });

  it('of the statistics: levels, resamples, seeds, what fresh draws of intervals hold for, and where "to best" starts', () => {
    const { ci, resamples, familyError } = board.statistics;
    const sentence = statisticsSentence(board);
    expect(number(/^Intervals of ([\d.]+) %/.exec(sentence)?.[1])).toBe(ci * 100);
    expect(number(/\(([\d,]+) joint resamples\)/.exec(sentence)?.[1])).toBe(resamples);
    expect(number(/at most ([\d.]+) % chance/.exec(sentence)?.[1])).toBe(familyError * 100);
    const seeds = Math.max(...board.rows.map((row) => row.seeds.length));
    expect(sentence.includes('method seeds')).toBe(seeds > 1);
    expect(sentence.includes('the one method seed')).toBe(seeds === 1);
    const measured = board.rows.flatMap((row) => Object.entries(row.metrics));
    const clauses = sentence.slice(0, sentence.indexOf(' (')).split(', those of ').slice(1);
    const saidOf = (id: string, what: string) =>
      clauses.some((clause) => clause.includes(`for fresh ${what}`) && clause.split(/, | for /).includes(id));
    const retrained = new Set(
      measured.flatMap(([id, { repeats }]) => (repeats?.retrainings === undefined ? [] : [id])),
    );
    for (const [id, { perQuery }] of measured) {
      expect(saidOf(id, 'retrainings')).toBe(retrained.has(id));
      expect(saidOf(id, 'training points')).toBe(perQuery === undefined);
    }
    expect(sentence).toContain('"To best" is measured from the best observed value');
  });

  it('of differences and shares: they are those of the values, to the best observed one and to the ceiling', () => {
    eachTask(({ ranked, controls, ceiling }) => {
      const best = ranked[0].value?.value ?? Number.NaN;
      expect(ranked[0].value?.toBest).toBeUndefined();
      for (const { value } of [...ranked.slice(1), ...controls])
        expect(value?.toBest?.value).toBeCloseTo((value?.value ?? 0) - best, 5);
      for (const { value } of [...ranked, ...controls]) {
        if ((ceiling?.value?.low ?? 0) <= 0) expect(value?.ofCeiling).toBeUndefined();
        else {
          expect(value?.ofCeiling?.value).toBeCloseTo((value?.value ?? 0) / (ceiling?.value?.value ?? 0), 4);
          expect(value?.ofCeiling?.low).toBeLessThanOrEqual(value?.ofCeiling?.value ?? Number.NaN);
          expect(value?.ofCeiling?.high).toBeGreaterThanOrEqual(value?.ofCeiling?.value ?? Number.NaN);
        }
      }
    });
  });

  it('of what was measured: queries, subsets, their size, training points and retrainings', () => {
    for (const { task, metric, ranked } of views) {
      const sentence = measuredSentence(task, metric);
      expect(sentence.startsWith(metric?.title ?? '')).toBe(true);
      if (task.truth === undefined) {
        expect(sentence).toMatch(/\?$/);
        continue;
      }
      const [, target, queries, subsets, size, train, retrainings] =
        /predict the (.+) of ([\d,]+) quer\w+ after retraining on ([\d,]+) .*subsets? of ([\d,]+) of ([\d,]+) training points?, ([\d,]+) retraining/.exec(
          sentence,
        ) ?? [];
      expect(target).toBe(task.target);
      expect(number(queries)).toBe(task.report.queries);
      for (const { value } of ranked) expect(value?.perQuery).toHaveLength(number(queries));
      expect(number(subsets)).toBe(task.report.subsets);
      for (const { value } of ranked) expect(value?.growth?.at(-1)?.subsets).toBe(number(subsets));
      expect([number(size), number(train)]).toEqual([Math.round(task.truth.fraction * task.train), task.train]);
      expect(number(retrainings)).toBe(task.truth.retrainSeeds);
    }
  });

  it('of the model: its size and every sanity value', () => {
    for (const { task } of views) {
      const sentence = modelSentence(task);
      expect(number(/([\d,]+) parameters/.exec(sentence)?.[1])).toBe(task.parameters);
      expect(number(/([\d,]+) epochs/.exec(sentence)?.[1])).toBe(task.epochs);
      if (task.classes > 0) expect(sentence).toContain(`of ${task.classes} classes`);
      for (const [label, value] of Object.entries(task.sanity)) {
        const words = label.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
        expect(number(new RegExp(`${words} (-?[\\d.]+)`).exec(sentence)?.[1])).toBeCloseTo(value, 3);
      }
      if (task.truth === undefined) continue;
      const [, key = '?', size, seeds] = /truth (\w+) \((.+?), (?:.+, )?(.+)\)$/.exec(sentence) ?? [];
      expect(task.truth.key.startsWith(key)).toBe(true);
      expect(size === 'halves' ? 50 : number(/^([\d.]+) % kept/.exec(size)?.[1])).toBeCloseTo(
        100 * task.truth.fraction,
        1,
      );
      expect(seeds === 'fresh seeds').toBe(task.truth.seeds === undefined);
    }
  });

  it('of choices: what was chosen is best on the tune split, of so many settings, on what is not reported', () => {
    eachTask((view, _, sign) => {
      const swept = [...view.ranked, ...view.controls].filter(({ row }) => row.sweep.length > 1);
      const sentence = choiceSentence(view);
      if (swept.length === 0 || view.task.tune === undefined) {
        expect(sentence).toBeUndefined();
        return;
      }
      const { tune, truth, report, queries } = view.task;
      const count = (what: string) => number(new RegExp(`([\\d,]+) ${what}`).exec(sentence ?? '')?.[1] ?? '0');
      expect(count('quer')).toBe(tune.queries);
      expect(tune.queries + report.queries).toBe(queries);
      expect(count('subset')).toBe(tune.subsets);
      if (truth !== undefined) expect(tune.subsets + report.subsets).toBe(truth.subsets);
      expect(sentence?.includes('for each method seed by the other ones')).toBe(swept[0].row.seeds.length > 1);
      expect(sentence?.includes('with the method seed that is reported')).toBe(swept[0].row.seeds.length === 1);
      for (const { row } of swept) {
        const listed = (params: typeof row.params) =>
          row.varied.map((param) => `${param}=${String(params?.[param])}`).join(' ');
        const best = row.sweep
          .filter(({ status }) => status === 'ok')
          .toSorted((a, b) => sign * ((b.tune ?? 0) - (a.tune ?? 0)))[0];
        expect(row.params).toEqual(best.params);
        expect(row.sweep.filter(({ chosen }) => chosen)).toEqual([best]);
        for (const params of row.paramsBySeed ?? [row.params]) expect(sentence).toContain(listed(params));
        expect(sentence).toMatch(new RegExp(`${row.title} [^;]*\\(of ${row.sweep.length}\\)`));
        if (row.paramsBySeed === undefined)
          expect(view.metric && row.metrics[view.metric.id].value).toBeCloseTo(best.report ?? Number.NaN, 5);
      }
    });
  });

  it('of undefined queries: whose they are and how many', () => {
    for (const view of views) {
      const sentence = undefinedSentence(view) ?? '';
      for (const { row, value } of [...view.ranked, ...view.controls]) {
        const count = value?.undefinedQueries ?? 0;
        expect(sentence.includes(`${row.title} ${count}`)).toBe(count > 0);
        expect(count).toBeLessThanOrEqual(view.task.report.queries);
      }
    }
  });

  it('of what leads: its value, its share of the ceiling, and exactly those it is tied with', () => {
    for (const view of views) {
      const sentence = plain(leadingSentence(view)?.markup ?? '');
      const [best, ...others] = view.ranked;
      const like = ({ value }: RowView) => {
        const random = value?.toRandom;
        return random !== undefined && random.low <= 0 && random.high >= 0;
      };
      const isRandom = view.ranked.every(like);
      expect(sentence.includes('no method differs significantly from random scores')).toBe(isRandom);
      expect(sentence.includes('It does not differ significantly from random scores')).toBe(like(best) && !isRandom);
      expect(sentence).toContain(best.row.title);
      expect(sentence).toContain(best.value?.value.toFixed(3));
      expect(sentence).toContain(`[${best.value?.low.toFixed(3)}, ${best.value?.high.toFixed(3)}]`);
      if (isRandom) continue;
      const share = /([\d.]+) % \[[^\]]*\] of the noise ceiling/.exec(sentence)?.[1];
      if (view.ceiling?.value === undefined) expect(share).toBeUndefined();
      else expect(number(share)).toBe(Math.round(((best.value?.value ?? 0) / view.ceiling.value.value) * 100));
      const tied = others.filter((other) => shared(best, other));
      const apart = /Significantly ahead of all (\d+) others/.exec(sentence)?.[1];
      expect(apart === undefined ? undefined : number(apart)).toBe(tied.length === 0 ? others.length : undefined);
      const [, names = ''] = /Statistically tied: (.*)\.$/.exec(sentence) ?? [];
      const more = number(/(\d+) more/.exec(names)?.[1] ?? '0');
      const named = others.filter(({ row }) => names.split(/, | and /).includes(row.title));
      expect(named.every((view) => tied.includes(view))).toBe(true);
      expect(named.length + more).toBe(tied.length);
    }
  });

  it('over tasks: a description by name, of the shares that the tasks show, without mean or rank', () => {
    for (const overall of board.overall) {
      expect(new Set(overall.datasets).size).toBe(number(/of (\d+) data set/.exec(overallTitle(overall))?.[1]));
      expect(overall.tasks.length).toBe(number(/on (\d+)/.exec(overallTitle(overall))?.[1]));
      expect(overallSentence(overall, board.statistics.ci)).toContain('does not order the methods');
      const titles = overall.rows.map(({ title }) => title);
      expect(titles).toEqual(titles.toSorted());
      for (const { entry, shares, mean } of overall.rows) {
        expect(mean).toBeUndefined();
        const shown = overall.tasks.map((id) => {
          const view = views.find(({ task }) => task.id === id);
          return view?.ranked.find(({ row }) => row.entry === entry)?.value?.ofCeiling?.value ?? null;
        });
        expect(shares).toEqual(shown);
      }
    }
  });

  it('is said in every format', async () => {
    const unwrapped = (text: string) => text.replaceAll('\n', ' ').replace(/ +/g, ' ');
    const terminal = unwrapped(renderTerminal(board, costs, { width: 120, color: false }));
    const markdown = renderMarkdown(board, costs).replaceAll('\\', '');
    const page = (await renderPage(board, costs)).replaceAll('&quot;', '"').replaceAll('&#39;', "'");
    const everywhere = [
      statisticsSentence(board),
      ...views.flatMap((view) => [
        measuredSentence(view.task, view.metric),
        modelSentence(view.task),
        undefinedSentence(view) ?? '',
      ]),
    ];
    for (const sentence of everywhere) expect(page).toContain(sentence);
    // The page shows shares on its first screen, and a table over tasks only where there are means.
    for (const sentence of [...everywhere, ...board.overall.map((of) => overallSentence(of, board.statistics.ci))]) {
      expect(terminal).toContain(sentence);
      expect(markdown).toContain(sentence);
    }
    for (const view of views) {
      const choice = choiceSentence(view);
      if (choice === undefined) continue;
      expect(terminal).toContain(choice);
      expect(page).toContain(choice);
      expect(markdown).toContain(`${choice.slice(0, choice.indexOf(':'))}.`);
    }
  });
});
