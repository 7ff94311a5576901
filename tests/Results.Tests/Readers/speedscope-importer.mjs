// speedscope's own importer, out of the application that its package ships. The application is one script for browsers: run
// it up to its importer and let its user interface fail, since there is no browser here.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

export async function importProfile(name, text) {
    const folder = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), 'node_modules/speedscope/dist/release');
    const script = fs.readdirSync(folder).find((file) => /^speedscope-.*\.js$/.test(file));
    let found = false;
    const source = fs.readFileSync(path.join(folder, script), 'utf8').replace(
        /async function (\w+)\(t,e\)\{return\(await \w+\)\.importProfileGroupFromText\(t,e\)\}/,
        (whole, importer) => {
            found = true;
            return `${whole}globalThis.importer=${importer};`;
        });
    if (!found)
        throw new Error('this version of speedscope has its importer elsewhere');
    const quiet = { log() {}, warn() {}, error() {}, assert() {}, time() {}, timeEnd() {} };
    const page = { console: quiet, setTimeout, clearTimeout, TextDecoder, TextEncoder, URL, performance, queueMicrotask };
    Object.assign(page, { window: page, self: page, navigator: { userAgent: '', platform: '' }, location: { hash: '', protocol: 'file:' } });
    vm.createContext(page);
    try {
        vm.runInContext(source, page);
    } catch (fault) {
        if (!page.importer)
            throw fault;
    }

    return await page.importer(name, text);
}

// What a profile group holds: for each profile its name, its unit, its total and its stacks with their weights.
export function describe(group) {
    return group.profiles.map((profile) => {
        const stacks = {};
        let stack = [];
        const open = (node) => stack.push(node.frame.name);
        let last = 0;
        const settle = (value) => {
            if (value > last && stack.length > 0) {
                const key = stack.join(';');
                stacks[key] = (stacks[key] ?? 0) + (value - last);
            }
            last = value;
        };
        profile.forEachCall(
            (node, value) => { settle(value); open(node); },
            (node, value) => { settle(value); stack.pop(); });
        return { name: profile.getName(), unit: profile.getWeightUnit(), total: profile.getTotalWeight(), stacks };
    });
}
