/**
 * The largest Frames field of a record that every peer accepts, in bytes: the default and the smallest legal value of
 * the transport parameter `max_record_size`. With a Size of 2 bytes the record is 16 KiB. (draft-ietf-quic-qmux,
 * max_record_size)
 */
export const DEFAULT_MAX_RECORD_SIZE_BYTES = 16_382

/** Room for the Size field of any record, in bytes. */
export const MAX_RECORD_SIZE_FIELD_BYTES = 8

/** The least Frames field that holds a QX_TRANSPORT_PARAMETERS frame: its type in 8 bytes and a length of 0. */
export const MIN_FIRST_RECORD_SIZE_BYTES = 9
