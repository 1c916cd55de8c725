/** What can be said of installed packages without loading any of them. */
export { defaultCacheFolder } from './cache-folder.js';
export { findPackage, packagesOf, searchFolders } from './code/installed-package.js';
