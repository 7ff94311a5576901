// node imported.mjs FILE NAME: any file that speedscope imports, under a name by which it knows the format (folded stacks,
// Chrome trace events). Prints what its importer found as JSON.
import fs from 'node:fs';
import { describe, importProfile } from './speedscope-importer.mjs';

const group = await importProfile(process.argv[3], fs.readFileSync(process.argv[2], 'utf8'));
if (!group) {
    console.error('speedscope does not know this format');
    process.exit(1);
}

console.log(JSON.stringify(describe(group)));
