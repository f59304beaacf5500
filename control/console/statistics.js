// SPDX-License-Identifier: Apache-2.0
// One line per stream from getStats(), with rates since the last time it was asked.
const before = new Map();

function rate(report, field) {
  const old = before.get(report.id);
  if (!old || report.timestamp <= old.timestamp) return 0;
  return ((report[field] ?? 0) - (old[field] ?? 0)) / (report.timestamp - old.timestamp) * 1000;
}

function line(report, codecs, name) {
  const received = report.type === 'inbound-rtp';
  const cells = [
    `${received ? '↓' : '↑'} ${name} ${report.kind}${report.rid ? ` ${report.rid}` : ''}`,
    (codecs.get(report.codecId) ?? '').replace(/^.*\//, ''),
    report.frameWidth ? `${report.frameWidth}×${report.frameHeight}` : '',
    report.kind === 'video' ? (report.framesPerSecond ?? 0).toFixed(0) : '',
    (rate(report, received ? 'bytesReceived' : 'bytesSent') * 8 / 1000).toFixed(0),
    received ? String(report.packetsLost ?? 0) : '',
    received ? ((report.jitter ?? 0) * 1000).toFixed(1) : '',
  ];
  before.set(report.id, report);
  return cells;
}

function describePair(reports) {
  const pair = [...reports.values()].find(r => r.type === 'candidate-pair' && r.nominated && r.state === 'succeeded');
  if (!pair) return '';
  const local = reports.get(pair.localCandidateId), remote = reports.get(pair.remoteCandidateId);
  const rtt = pair.currentRoundTripTime ? `, round trip ${(pair.currentRoundTripTime * 1000).toFixed(1)} ms` : '';
  return `${remote?.protocol ?? ''} ${local?.address ?? ''}:${local?.port ?? ''} → ${remote?.address ?? ''}:${remote?.port ?? ''}${rtt}`;
}

// { streams: [cells], transport: text } of all tracks of the room.
export async function collect(room) {
  const streams = [];
  let transport = '';
  for (const p of [room.localParticipant, ...room.remoteParticipants.values()]) {
    for (const { track } of p.trackPublications.values()) {
      const reports = await track?.getRTCStatsReport();
      if (!reports) continue;
      const codecs = new Map([...reports.values()].filter(r => r.type === 'codec').map(r => [r.id, r.mimeType]));
      const own = p === room.localParticipant ? 'outbound-rtp' : 'inbound-rtp';
      for (const r of reports.values()) if (r.type === own) streams.push(line(r, codecs, p.name || p.identity));
      transport ||= describePair(reports);
    }
  }
  return { streams, transport };
}
