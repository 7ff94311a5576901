// node firefox.mjs FILE: a profile.firefox.json.gz through the Firefox Profiler's own loader and upgraders, by Mozilla's
// command line for it. Prints what it found, by thread, as JSON. Its daemon is asked to stop, whatever happened.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const program = path.join(path.dirname(fileURLToPath(import.meta.url)), 'node_modules/@firefox-devtools/profiler-cli/dist/profiler-cli.js');
// A socket's path must be short.
const sessions = fs.mkdtempSync(path.join(os.tmpdir(), 'pq-'));

function run(...args) {
    const done = spawnSync(process.execPath, [program, ...args, '--session', 'test'], {
        encoding: 'utf8', maxBuffer: 1 << 30, timeout: 120_000, env: { ...process.env, PROFILER_CLI_SESSION_DIR: sessions },
    });
    if (done.status !== 0)
        throw new Error(`${args.join(' ')}: exit ${done.status}\n${done.stdout}\n${done.stderr}`);
    return done.stdout;
}

/** Its command gives its own daemon half a second to start, which on a busy machine it does not do; it goes on starting, and loads. */
function load(file) {
    const limit = Date.now() + 60_000;
    try {
        run('load', file);
    } catch (fault) {
        if (!fault.message.includes('did not become ready'))
            throw fault;
        for (;;) {
            try {
                return run('profile', 'info');
            } catch (later) {
                if (Date.now() > limit)
                    throw later;
                Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
            }
        }
    }
}

const parse = (...args) => JSON.parse(run(...args, '--json'));

function selfTimes(node, above, into) {
    const stack = [...above, node.name];
    if (node.selfSamples > 0)
        into[stack.slice(1).join(';')] = node.selfSamples;
    for (const child of node.children ?? [])
        selfTimes(child, stack, into);
    return into;
}

let failed = false;
try {
    load(path.resolve(process.argv[2]));
    const info = parse('profile', 'info', '--all');
    const threads = info.processes.flatMap((process) => process.threads.map((thread) => {
        const tree = parse('thread', 'samples-top-down', '--include-idle', '--max-lines', '100000', '--thread', thread.threadHandle);
        const markers = parse('thread', 'markers', '--list', '--thread', thread.threadHandle);
        return {
            pid: process.pid, process: process.name, start: process.startTime, end: process.endTime,
            tid: thread.tid, name: thread.name, cpuMs: thread.cpuMs, weightType: tree.weightType,
            stacks: selfTimes(tree.regularCallTree, [], {}),
            markers: markers.byType.flatMap((type) => type.topMarkers.map((marker) => `${type.markerName}: ${marker.label}`)),
        };
    }));
    console.log(JSON.stringify({ name: info.name, processCount: info.processCount, threads }));
} catch (fault) {
    failed = true;
    console.error(fault);
} finally {
    spawnSync(process.execPath, [program, 'stop', 'test'], { timeout: 30_000, env: { ...process.env, PROFILER_CLI_SESSION_DIR: sessions } });
    fs.rmSync(sessions, { recursive: true, force: true });
}

process.exit(failed ? 1 : 0);
