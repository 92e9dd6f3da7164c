// A central system on npm's ocpp-rpc with strict validation: node ocpp_rpc.js, with NODE_PATH where it is installed.
// Prints its port, and answers a line on stdin with the CPU seconds it has used and its resident memory in KiB.
'use strict';

const readline = require('node:readline');
const {RPCServer} = require('ocpp-rpc');

const now = () => new Date().toISOString();

async function main() {
    const server = new RPCServer({protocols: ['ocpp1.6', 'ocpp2.0.1'], strictMode: true});
    server.auth((accept) => accept());
    server.on('client', (client) => {
        client.handle('BootNotification', () => ({currentTime: now(), interval: 300, status: 'Accepted'}));
        client.handle('Heartbeat', () => ({currentTime: now()}));
        client.handle('StatusNotification', () => ({}));
        client.handle('MeterValues', () => ({}));
        client.handle('StartTransaction', () => ({transactionId: 1, idTagInfo: {status: 'Accepted'}}));
        client.handle('TransactionEvent', () => ({}));
    });
    const listening = await server.listen(0, '127.0.0.1');
    console.log(listening.address().port);
    const lines = readline.createInterface({input: process.stdin});
    lines.on('line', () => {
        const {user, system} = process.cpuUsage();
        console.log(JSON.stringify({cpu: (user + system) / 1e6, rss_kib: Math.round(process.memoryUsage().rss / 1024)}));
    });
    lines.on('close', () => process.exit(0));
}

main();
