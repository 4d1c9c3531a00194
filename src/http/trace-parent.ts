/** W3C Trace Context, version 00: ids of a trace and of a span, neither of which is all zeros, and flags. */
const TRACE_PARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export const TRACE_PARENT_HEADER = 'traceparent';

export const isTraceParent = (text: unknown): text is string => typeof text === 'string' && TRACE_PARENT.test(text);

/** The id of the trace that a request belongs to; undefined when it belongs to none. */
export const traceIdOf = (traceParent: unknown): string | undefined =>
  typeof traceParent === 'string' ? TRACE_PARENT.exec(traceParent)?.[1] : undefined;
