/** The time as the API shows it: whole seconds since 1970. */
export const unixSeconds = (time: Date): number => Math.floor(time.getTime() / 1000);
