/**
 * Ports for throw-away servers. They lie below the range from which systems take the ports of outgoing connections:
 * inside that range a client that keeps reconnecting to a server that is down can, by chance, connect to itself.
 */
const FIRST = 20_000;
const COUNT = 12_000;

/** A port that may be free: whoever listens on it must be ready to try another. */
export function anyLocalPort() {
  return FIRST + Math.floor(Math.random() * COUNT);
}
