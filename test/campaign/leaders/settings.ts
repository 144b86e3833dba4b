/** What an instance is started with. */
export interface InstanceSettings {
  readonly name: string;
  /** Where it writes its history. */
  readonly path: string;
  readonly url: string;
  readonly prefix: string;
  readonly ttl: number;
  /** A control: it leads on, whatever its signal says. */
  readonly isHeedless: boolean;
}

/** What is led. */
export const KEY = 'leader';
