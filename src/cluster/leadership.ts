/** One of several replicas leads: it alone writes what all of them would otherwise write. */
export interface Leadership {
  /** True while this process surely holds the lead: it turns false by itself before another one could take it. */
  leading(): boolean;
  /** Gives the lead up, so that another replica need not wait for it to lapse. */
  stop(): Promise<void>;
}
