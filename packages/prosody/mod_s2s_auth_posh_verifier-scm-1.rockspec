-- For `luarocks make` in this folder, as the guide shows. The files are not fetched: they are beside this one.
rockspec_format = "3.0"
package = "mod_s2s_auth_posh_verifier"
version = "scm-1"
source = { url = "." }
description = {
	summary = "Asks a POSH verification service whether another XMPP server's certificate is valid for its domain",
	license = "Apache-2.0",
}
dependencies = { "lua >= 5.2, < 5.5" }
build = {
	type = "builtin",
	modules = {
		["mod_s2s_auth_posh_verifier.answer"] = "mod_s2s_auth_posh_verifier/answer.lib.lua",
		["mod_s2s_auth_posh_verifier.asking"] = "mod_s2s_auth_posh_verifier/asking.lib.lua",
		["mod_s2s_auth_posh_verifier.chain"] = "mod_s2s_auth_posh_verifier/chain.lib.lua",
		["mod_s2s_auth_posh_verifier.client"] = "mod_s2s_auth_posh_verifier/client.lib.lua",
		["mod_s2s_auth_posh_verifier.clock"] = "mod_s2s_auth_posh_verifier/clock.lib.lua",
		["mod_s2s_auth_posh_verifier.command"] = "mod_s2s_auth_posh_verifier/command.lib.lua",
		["mod_s2s_auth_posh_verifier.decision"] = "mod_s2s_auth_posh_verifier/decision.lib.lua",
		["mod_s2s_auth_posh_verifier.json"] = "mod_s2s_auth_posh_verifier/json.lib.lua",
		["mod_s2s_auth_posh_verifier.key"] = "mod_s2s_auth_posh_verifier/key.lib.lua",
		["mod_s2s_auth_posh_verifier.memory"] = "mod_s2s_auth_posh_verifier/memory.lib.lua",
		["mod_s2s_auth_posh_verifier.mod_s2s_auth_posh_verifier"] = "mod_s2s_auth_posh_verifier/mod_s2s_auth_posh_verifier.lua",
		["mod_s2s_auth_posh_verifier.options"] = "mod_s2s_auth_posh_verifier/options.lib.lua",
		["mod_s2s_auth_posh_verifier.question"] = "mod_s2s_auth_posh_verifier/question.lib.lua",
		["mod_s2s_auth_posh_verifier.recheck"] = "mod_s2s_auth_posh_verifier/recheck.lib.lua",
		["mod_s2s_auth_posh_verifier.request"] = "mod_s2s_auth_posh_verifier/request.lib.lua",
		["mod_s2s_auth_posh_verifier.shell"] = "mod_s2s_auth_posh_verifier/shell.lib.lua",
		["mod_s2s_auth_posh_verifier.statistics"] = "mod_s2s_auth_posh_verifier/statistics.lib.lua",
		["mod_s2s_auth_posh_verifier.text"] = "mod_s2s_auth_posh_verifier/text.lib.lua",
		["mod_s2s_auth_posh_verifier.use"] = "mod_s2s_auth_posh_verifier/use.lib.lua",
	},
}
