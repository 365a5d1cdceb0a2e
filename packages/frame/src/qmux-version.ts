/**
 * The draft of QMux version 1 that this package reads and writes: draft-ietf-quic-qmux-02. Drafts differ on the wire,
 * so peers agree on this number before the first byte of QMux (by ALPN, or by whatever precedes it).
 */
export const QMUX_DRAFT_NUMBER = 2
