local _, test = ...;
local json = module:require "json";

local good = {
	["true"] = true, [" false\n"] = false, ["0"] = 0, ["-1.5e2"] = -150, ['"a\\u00e9\\n"'] = "a\195\169\n",
	['"\\ud83d\\ude00"'] = "\240\159\152\128", ['"\\/\127"'] = "/\127";
};
for text, value in pairs(good) do
	test.case(text, function () test.equal(json.decode(text), value); end);
end

test.case("members and lists", function ()
	local found = json.decode('{"a":[1,{"b":null}],"":{}}');
	test.equal(found.a[2].b, json.null);
	test.equal(type(found[""]), "table");
end);

local bad = {
	"", " ", "{", "[", '"', "nul", "tru", "True", "NaN", "Infinity", "01", "1.", ".5", "+1", "0x10", "1e", "1 2", "[1,]", "[,1]", '{"a":1,}',
	'{"a"}', "{a:1}", '{"a":1 "b":2}', "[1 2]", "// c\n1", "/* c */1", "'a'", '"a\nb"', '"\0"', '"\\x41"', '"\\u12"', '"\\ud800"',
	'"\\udc00"', '"\\ud800\\u0041"', '"\255"', "\239\187\1911", '{"valid":false,"valid":true}', '{"a":{"b":1,"b":1}}',
	'{"a":null,"a":true}', '{"\\u0061":1,"a":2}', ("["):rep(40) .. ("]"):rep(40), "{}x", "1-", "1a", "-", "--1",
};
for _, text in ipairs(bad) do
	test.case("not " .. text, function ()
		local value, reason = json.decode(text);
		test.equal(value, nil);
		test.equal(type(reason), "string");
	end);
end

test.case("something that is no text", function ()
	for _, value in ipairs({ 1, {}, true }) do test.equal(json.decode(value), nil); end
	test.equal(json.decode(nil), nil);
end);

test.case("mutations of an answer never raise", function ()
	local text = '{"valid":true,"verdict":"verified","ttl":60,"list":[1,2,{"a":"\\u00e9"}],"n":null}';
	math.randomseed(7711);
	for _ = 1, 5000 do
		local at = math.random(#text);
		json.decode(text:sub(1, at - 1) .. string.char(math.random(0, 255)) .. text:sub(at + math.random(0, 2)));
	end
end);
