// Bundles the page: node build.mjs PACKAGES OUTPUT. One HTML file with script, style and licences in it, and @@RUN@@
// where ForkFollow writes the run.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [packages, output] = process.argv.slice(2).map((path) => resolve(path));
const modules = join(packages, 'node_modules');
const esbuild = createRequire(join(packages, 'package.json'))('esbuild');

const result = await esbuild.build({
  absWorkingDir: here,
  entryPoints: ['src/main.js'],
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome111', 'firefox113', 'safari16.4'],
  nodePaths: [modules],
  legalComments: 'none', // the notices stand in the page as a whole: licences()
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
  write: false,
  outdir: 'out',
  logLevel: 'warning',
});
const text = (extension) => result.outputFiles.find((file) => file.path.endsWith(extension)).text.trim();
const script = text('.js');
const style = text('.css');

/** The licence of every package of which something went into the bundle. */
function licences() {
  const names = new Set();
  for (const input of Object.keys(result.metafile.inputs)) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) names.add(match[1]);
  }

  return [...names].sort().map((name) => {
    const folder = join(modules, name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const texts = ['LICENSE', 'LICENSE.txt', 'LICENSE.md', 'NOTICE']
      .map((file) => join(folder, file)).filter((file) => existsSync(file))
      .map((file) => readFileSync(file, 'utf8').trim());
    if (texts.length === 0) throw new Error(`${name} ${version} has no licence file: its notice cannot be carried along`);
    return { name, version, license, text: texts.join('\n\n') };
  });
}

const sha = (content) => `'sha256-${createHash('sha256').update(content, 'utf8').digest('base64')}'`;
const json = (value) => JSON.stringify(value).replace(/[<>&\u2028\u2029]/g,
  (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
const parts = {
  // Nothing is loaded from anywhere, and no script but this one runs, whatever text a process got into the page.
  '@@CSP@@': `default-src 'none'; script-src ${sha(script)}; style-src ${sha(style)}; base-uri 'none'; form-action 'none'`,
  '@@STYLE@@': style,
  '@@LICENCES@@': json(licences()),
  '@@SCRIPT@@': script,
};
const page = readFileSync(join(here, 'index.html'), 'utf8')
  .replace(/@@(CSP|STYLE|LICENCES|SCRIPT)@@/g, (mark) => parts[mark]);
if (page.split('@@RUN@@').length !== 2) throw new Error('@@RUN@@ must stand in the page once');
writeFileSync(output, page);
console.log(`report page: ${Math.round(Buffer.byteLength(page) / 1024)} KiB`);
