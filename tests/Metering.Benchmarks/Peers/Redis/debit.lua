-- Takes the events of many requests in one call: the script is atomic, and with appendfsync always all its writes are one append and one
-- fsync before the answer.
--   KEYS[i]        the event: its value is the event itself, packed, so that one SET NX both finds duplicates and keeps the row
--   ARGV[3i-2..3i] the balance's key, the amount, the packed event
-- Answers a character an event: 0 there before, 1 debited, 2 not covered.
-- Lua's numbers are exact only to 2^53, so no balance is compared here: DECRBY counts in 64 bits, and the sign of what it answers is exact.
local answers = {}
for i = 1, #KEYS do
    local account, amount = ARGV[3 * i - 2], ARGV[3 * i - 1]
    if not redis.call('SET', KEYS[i], ARGV[3 * i], 'NX') then
        answers[i] = '0'
    elseif redis.call('DECRBY', account, amount) >= 0 then
        answers[i] = '1'
    else
        redis.call('INCRBY', account, amount)
        redis.call('DEL', KEYS[i])
        answers[i] = '2'
    end
end
return table.concat(answers)
