// An OTLP receiver on 127.0.0.1: HTTP with protobuf, and gRPC over clear-text HTTP/2, on one port each. Prints a line of
// JSON {"http","grpc"} with its ports, then one for each request: {"signal","protocol","data"}. Ends when its standard
// input does. Arguments: HTTP-PORT GRPC-PORT MODE; a port of 0 is any; MODE is "accept", "refuse" (503, UNAVAILABLE),
// "hang" (never answers) or "slow" (answers after half a second).
import http from 'node:http';
import http2 from 'node:http2';
import zlib from 'node:zlib';
import { createRequire } from 'node:module';

const { opentelemetry } = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root');
const collector = opentelemetry.proto.collector;
const kinds = {
  traces: ['trace', collector.trace.v1.ExportTraceServiceRequest],
  metrics: ['metrics', collector.metrics.v1.ExportMetricsServiceRequest],
  logs: ['logs', collector.logs.v1.ExportLogsServiceRequest],
};
const [httpPort, grpcPort, mode] = process.argv.slice(2);

function take(signal, protocol, body) {
  const message = kinds[signal][1].decode(body);
  // Ids are bytes: in hexadecimal, as everybody writes them.
  const data = JSON.parse(JSON.stringify(kinds[signal][1].toObject(message, { longs: String, bytes: Array, enums: String }), (key, value) =>
    /^(traceId|spanId|parentSpanId)$/.test(key) ? Buffer.from(value).toString('hex') : value));
  process.stdout.write(JSON.stringify({ signal, protocol, data }) + '\n');
}

function answer(signal, protocol, body, accept, refuse) {
  if (mode === 'hang') return;
  if (mode === 'refuse') return refuse();
  take(signal, protocol, body);
  if (mode === 'slow') setTimeout(accept, 500);
  else accept();
}

function collect(stream, done) {
  const chunks = [];
  stream.on('data', chunk => chunks.push(chunk));
  stream.on('end', () => done(Buffer.concat(chunks)));
  stream.on('error', () => {});
}

const overHttp = http.createServer((request, response) => collect(request, body => {
  const signal = request.url.split('/').at(-1);
  if (request.headers['content-encoding'] === 'gzip') body = zlib.gunzipSync(body);
  answer(signal, 'http', body,
    () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(),
    () => response.writeHead(503).end());
}));

const overGrpc = http2.createServer();
overGrpc.on('stream', (stream, headers) => collect(stream, body => {
  const service = headers[':path'].split('/')[1];
  const signal = Object.keys(kinds).find(name => service.includes('.' + kinds[name][0] + '.'));
  const reply = (status, message) => {
    if (stream.destroyed) return;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }));
    stream.end(message);
  };
  answer(signal, 'grpc', body.subarray(5, 5 + body.readUInt32BE(1)),
    () => reply(0, Buffer.alloc(5)), // one empty message: a flag and a length
    () => reply(14));
}));
overGrpc.on('sessionError', () => {});

const listen = (server, port) => new Promise((resolve, reject) =>
  server.once('error', reject).listen(Number(port), '127.0.0.1', () => resolve(server.address().port)));
console.log(JSON.stringify({ http: await listen(overHttp, httpPort), grpc: await listen(overGrpc, grpcPort) }));
process.stdin.resume().on('end', () => process.stdout.write('', () => process.exit(0)));
