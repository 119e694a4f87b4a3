# Completion for PowerShell: postrider completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName postrider -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words before the one at the cursor, without their quotes.
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
        })
    $program = $commandAst.CommandElements[0].Value
    $current = $wordToComplete.Trim('"', "'")
    & $program completion "__complete=$current" '--' @words 2>$null | ForEach-Object {
        $word, $text = $_ -split "`t", 2
        if (-not $text) { $text = $word }
        $quoted = $word
        if ($word -match '[^A-Za-z0-9_./\\:=+-]') { $quoted = "'" + $word.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($quoted, $word, 'ParameterValue', $text)
    }
}
