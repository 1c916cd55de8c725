import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { writeBoards } from './bench.js';
import { indentedBlocks } from './blocks.js';
import { repositoryLinks } from './links.js';
import { excluded, pageOf, readmePages, repository } from './pages.js';

const isMethod = (name: string) => name.startsWith('method-');

/**
 * The documentation as a site. Its sources are the Markdown files of the whole repository, each where it belongs: READMEs are
 * pages as they are.
 */
export default defineConfig({
  title: 'Attribution Bench',
  description: 'A benchmark of training-data attribution methods',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/',
  srcDir: '..',
  srcExclude: [...excluded],
  rewrites: (file) => {
    const page = pageOf(file);
    if (page === undefined) throw new Error(`${file} is no page: name or exclude it in docs/.vitepress/pages.ts`);
    return page;
  },
  markdown: {
    config(md) {
      repositoryLinks(md);
      indentedBlocks(md);
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Start', link: '/overview' },
      { text: 'Boards', link: '/boards' },
      { text: 'Methods', link: '/methods' },
      { text: 'Troubleshooting', link: '/troubleshooting' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      {
        text: 'Start',
        items: [
          { text: 'Overview', link: '/overview' },
          { text: 'Reading a board', link: '/reading-a-board' },
          { text: 'The grid file', link: '/grid-file' },
          { text: 'The command', link: '/command' },
          { text: 'Speed beside PyTorch', link: '/speed' },
          { text: 'On a cluster', link: '/cluster' },
          { text: 'On a GPU', link: '/devices' },
          { text: 'Results in a bucket', link: '/buckets' },
          { text: 'Kubernetes, Ray, Dask', link: '/other-schedulers' },
          { text: 'Datasets, models, targets, metrics', link: '/parts' },
          { text: 'Questions', link: '/questions' },
          { text: 'Troubleshooting', link: '/troubleshooting' },
        ],
      },
      {
        text: 'Concepts',
        items: [
          { text: 'Ground truth and LDS', link: '/concepts/truth' },
          { text: 'Ceilings and intervals', link: '/concepts/ceilings' },
          { text: 'Counterfactuals', link: '/concepts/counterfactuals' },
          { text: 'Seeds and keys', link: '/concepts/seeds-and-keys' },
          { text: 'Tuning', link: '/concepts/tuning' },
          { text: 'The engine and its limits', link: '/concepts/engine' },
          { text: 'What makes a truth stale', link: '/concepts/stale' },
        ],
      },
      {
        text: 'Write your own',
        items: [
          { text: 'A method', link: '/write/method' },
          { text: 'A method in any language', link: '/any-language' },
          { text: 'A method in PyTorch', link: '/pytorch-method' },
          { text: 'A model', link: '/write/model' },
          { text: 'A metric', link: '/write/metric' },
          { text: 'A dataset', link: '/write/dataset' },
        ],
      },
      {
        text: 'Files',
        items: [
          { text: 'Arrays', link: '/files/arrays' },
          { text: 'Image folders', link: '/files/image-folders' },
          { text: 'Tables and regression', link: '/files/tables' },
          { text: 'The store', link: '/files/store' },
          { text: 'Truth packs', link: '/files/truth-pack' },
          { text: 'Published truths', link: '/foreign-truths' },
          { text: 'Task folders', link: '/task-folder' },
        ],
      },
      {
        text: 'Boards',
        items: [
          { text: 'All boards', link: '/boards' },
          { text: 'What is surprising', link: '/surprising' },
        ],
      },
      { text: 'Methods', link: '/methods', collapsed: true, items: readmePages(isMethod) },
      { text: 'Packages', collapsed: true, items: readmePages((name) => !isMethod(name)) },
      {
        text: 'The project',
        items: [
          { text: 'Contributing', link: '/contributing' },
          { text: 'Changelog', link: '/changelog' },
        ],
      },
    ],
  },
  // The API reference and the pages of boards are whole pages already; the index over boards is made here.
  buildEnd: async ({ outDir }) => {
    await cp(join(repository, 'docs/api'), join(outDir, 'api'), { recursive: true });
    writeBoards(join(outDir, 'boards'));
  },
});
