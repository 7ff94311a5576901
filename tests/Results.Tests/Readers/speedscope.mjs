// node speedscope.mjs FILE: the file against the schema that speedscope publishes, and through speedscope's importer.
// Prints what the importer found as JSON.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';
import { describe, importProfile } from './speedscope-importer.mjs';

const folder = path.dirname(fileURLToPath(import.meta.url));
const text = fs.readFileSync(process.argv[2], 'utf8');
const schema = JSON.parse(fs.readFileSync(path.join(folder, 'node_modules/speedscope/dist/release/file-format-schema.json'), 'utf8'));
const validate = new Ajv({ strict: false }).compile(schema);
if (!validate(JSON.parse(text))) {
    console.error(validate.errors);
    process.exit(1);
}

console.log(JSON.stringify(describe(await importProfile(path.basename(process.argv[2]), text))));
