/**
 * The environment of a netsluice under test. Groups of tests share two cores with API servers and with each other: a
 * review that waits for them must not be cut at the 100 ms that it may take on a cluster. What a cut answer says is
 * tested where time and steps are given by the test.
 */
export const unhurried: Readonly<Record<string, string>> = { NETSLUICE_DEADLINE_MS: '2000' };
