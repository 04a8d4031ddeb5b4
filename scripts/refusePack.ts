/**
 * `npm pack` and `npm publish` in the folder of a package would take its sources, which Node.js refuses to run below
 * `node_modules`. What is published is made in `dist` (`publishable.ts`).
 */
console.error("this folder holds sources: run npm run build at the root, and pack or publish dist")
process.exitCode = 1
