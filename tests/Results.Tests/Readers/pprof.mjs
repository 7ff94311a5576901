// node pprof.mjs FILE: a profile.pb.gz through Datadog's reader, which shares no code with protobuf's. Prints its sample
// types, and the sums of its samples by process, thread and stack as JSON.
import fs from 'node:fs';
import zlib from 'node:zlib';
import { Profile } from 'pprof-format';

const profile = Profile.decode(zlib.gunzipSync(fs.readFileSync(process.argv[2])));
const strings = profile.stringTable.strings;
const text = (index) => {
    const found = strings[Number(index)];
    if (found === undefined)
        throw new Error(`no string ${index}`);
    return found;
};
const byId = (list) => {
    const map = new Map(list.map((one) => [Number(one.id), one]));
    if (map.size !== list.length || map.has(0))
        throw new Error('an id is 0 or there twice');
    return map;
};
const mappings = byId(profile.mapping), locations = byId(profile.location), functions = byId(profile.function);
if (text(0) !== '')
    throw new Error('the first string is not empty');
for (const location of profile.location) {
    if (!mappings.has(Number(location.mappingId)) || !location.line.every((line) => functions.has(Number(line.functionId))))
        throw new Error(`location ${location.id} refers to nothing`);
}

const stacks = {};
for (const sample of profile.sample) {
    if (sample.value.length !== profile.sampleType.length)
        throw new Error('a sample has another number of values than there are types');
    const labels = Object.fromEntries(sample.label.map((label) => [text(label.key), Number(label.str) ? text(label.str) : Number(label.num)]));
    const frames = sample.locationId.map((id) => text(functions.get(Number(locations.get(Number(id)).line[0].functionId)).name)).reverse();
    const key = [labels.process, labels.pid, labels.id, labels.thread, labels.tid, ...frames].join(';');
    stacks[key] = (stacks[key] ?? sample.value.map(() => 0)).map((sum, i) => sum + Number(sample.value[i]));
}

console.log(JSON.stringify({
    types: profile.sampleType.map((type) => `${text(type.type)}/${text(type.unit)}`),
    comments: profile.comment.map(text),
    period: Number(profile.period),
    timeNanos: String(profile.timeNanos),
    durationNanos: Number(profile.durationNanos),
    mappings: profile.mapping.map((mapping) => `${text(mapping.filename)} ${text(mapping.buildId)}`),
    stacks,
}));
