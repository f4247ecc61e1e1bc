def test_a_studio_is_backed_up_and_restored_from_the_terminal(brandstudio, tmp_path):
    made = brandstudio("backup", "backup")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("backup: 1 file, ")
    assert "copying the database" in made.stderr
    again = brandstudio("backup", "backup")
    assert again.returncode == 1
    assert "is there already" in again.stderr
    refused = brandstudio("restore", "backup")
    assert refused.returncode == 1
    assert "add --replace" in refused.stderr
    restored = brandstudio("restore", "backup", "--into", "elsewhere")
    assert restored.returncode == 0, restored.stderr
    assert (tmp_path / "elsewhere" / "studio.db").is_file()


def test_what_is_no_backup_is_refused_in_one_line(brandstudio, tmp_path):
    (tmp_path / "empty").mkdir()
    refused = brandstudio("restore", "empty", "--into", "elsewhere")
    assert refused.returncode == 1
    assert "it has no manifest" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "elsewhere").exists()
