/**
 * Zero for counters that pass 2^31. V8 stores a field as a small integer until a number does not fit; then it throws away the
 * compiled code of all objects with that field, which is a pause in the middle of a transfer. Minus zero is never a small
 * integer, so the field holds floating-point numbers from the start, at 16 bytes each. Where a minus zero could be observed,
 * and in objects of which there may be a million, the field is declared without a value and set in the constructor instead:
 * V8 then expects any value there.
 */
export const FLOAT_ZERO: number = -0
