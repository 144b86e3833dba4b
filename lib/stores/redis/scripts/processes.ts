/** Who the processes are: one text each, under a name of its own, which ends by itself. */

/** KEYS: the name. ARGV: the text, and for how many milliseconds. */
export const INTRODUCE_SCRIPT = "return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])";

/** KEYS: the names. Returns the texts, empty where there is none. */
export const DESCRIBE_SCRIPT = `
local texts = {}
for i, name in ipairs(KEYS) do
  local text = redis.pcall('GET', name)
  texts[i] = type(text) == 'string' and text or ''
end
return texts
`;
