/** Publishes by a script, as grants are published, so that it needs the same permissions. ARGV: channel, message. */
export const PUBLISH_SCRIPT = "return redis.call('PUBLISH', ARGV[1], ARGV[2])";
