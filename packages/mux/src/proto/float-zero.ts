/**
 * Zero for counters that pass 2^31. V8 keeps a field as a small integer until one number is none, and then throws away the
 * code it made for the objects that have it: a pause in the middle of a transfer. A minus zero is never a small integer,
 * so the field holds floating-point numbers from the start, at 16 bytes each. Where a minus zero could be seen, and in
 * what there may be a million of, such a field is declared without a value and set in the constructor instead: V8 then
 * expects anything there.
 */
export const FLOAT_ZERO: number = -0
